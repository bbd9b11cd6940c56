-- When a session wrote last is forgotten: for a moment a list may lack what it has just changed.
alter table sessions drop column wrote_lsn;
