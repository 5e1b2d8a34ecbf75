"""The planner's desk in the browser: thin pages over the engine; their words are in words.yaml."""
