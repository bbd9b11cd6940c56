-- When each job last ran is forgotten; every job is due at the next start.
drop table jobs;

drop policy counted on audit_days;
drop policy counted on restore_drills;
revoke select (day) on audit_days from docket_jobs;
revoke select (held_at) on restore_drills from docket_jobs;
