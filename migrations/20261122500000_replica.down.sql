alter table sessions drop column wrote_lsn;
