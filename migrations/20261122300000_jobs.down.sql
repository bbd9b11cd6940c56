-- When each job last ran is forgotten; every job is due at the next start.
drop table jobs;

do $$
begin
    if to_regclass('audit_days') is not null then
        drop policy counted on audit_days;
        revoke select (day) on audit_days from docket_jobs;
    end if;
    if to_regclass('restore_drills') is not null then
        drop policy counted on restore_drills;
        revoke select (held_at) on restore_drills from docket_jobs;
    end if;
end
$$;
