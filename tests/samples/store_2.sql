BEGIN TRANSACTION;
CREATE TABLE about (
	"key" VARCHAR(40) NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "about" VALUES('format','2');
CREATE TABLE changes (
	id INTEGER NOT NULL, 
	project VARCHAR(32) NOT NULL, 
	version INTEGER NOT NULL, 
	at VARCHAR(30) NOT NULL, 
	who TEXT NOT NULL, 
	path TEXT NOT NULL, 
	"before" TEXT NOT NULL, 
	"after" TEXT NOT NULL, 
	position INTEGER, 
	applied BOOLEAN NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(project) REFERENCES projects (id) ON DELETE CASCADE
);
INSERT INTO "changes" VALUES(1,'f676c22538fc',2,'2026-11-22T16:08:17.132+00:00','王工','["units", "U1", "facts", "damage"]','null','"severe"',NULL,1);
INSERT INTO "changes" VALUES(2,'f676c22538fc',2,'2026-11-22T16:08:17.132+00:00','王工','["units", "U1", "sources", "damage"]','null','{"source": "现场调查"}',NULL,1);
INSERT INTO "changes" VALUES(3,'f676c22538fc',3,'2026-11-22T16:08:17.141+00:00','李工','["units", "U1", "facts", "damage"]','"severe"','"moderate"',NULL,1);
CREATE TABLE projects (
	id VARCHAR(32) NOT NULL, 
	name TEXT NOT NULL, 
	district TEXT, 
	document TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	created_at VARCHAR(30) NOT NULL, 
	created_by TEXT NOT NULL, 
	changed_at VARCHAR(30) NOT NULL, 
	changed_by TEXT NOT NULL, 
	deleted_at VARCHAR(30), 
	PRIMARY KEY (id)
);
INSERT INTO "projects" VALUES('f676c22538fc','北坡采石场','门头沟区','{"format": 1, "project": {"name": "北坡采石场", "start": "2026-03-01", "end": "2028-12-31", "district": "门头沟区"}, "units": [{"facts": {"damage": "moderate"}, "id": "U1", "area_ha": 9.0, "sources": {"damage": {"source": "现场调查"}}}, {"facts": {"redline": "outside"}, "id": "U2", "area_ha": 1.5}]}',3,'2026-11-22T16:08:17.120+00:00','王工','2026-11-22T16:08:17.141+00:00','李工',NULL);
CREATE TABLE results (
	project VARCHAR(32) NOT NULL, 
	version INTEGER NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	knowledge VARCHAR(40) NOT NULL, 
	at VARCHAR(30) NOT NULL, 
	summary TEXT NOT NULL, 
	PRIMARY KEY (project, version, digest), 
	FOREIGN KEY(project) REFERENCES projects (id) ON DELETE CASCADE
);
CREATE TABLE shapes (
	id VARCHAR(64) NOT NULL, 
	geometry TEXT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX changes_by_project ON changes (project, version);
COMMIT;
