-- How far the log of changes was when a session last wrote, where there is a replica: what the session reads there has to have come at
-- least as far, so that everybody sees what they wrote themselves (src/server/database/replica.rs).
alter table sessions add column wrote_lsn pg_lsn;

-- A session that begins sees what was there before it. (Not with the column, which would write every row anew.)
alter table sessions alter column wrote_lsn set default pg_current_wal_lsn();

-- Who acts notes it on their own session.
grant update (wrote_lsn) on sessions to docket_app;
