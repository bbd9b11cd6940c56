-- How far the database was when each session last wrote is forgotten: lists may show the replica's state from before that.

alter table sessions drop column wrote_lsn;
