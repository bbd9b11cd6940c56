-- The last run of each job, on whichever node. The jobs themselves, and how often each runs, are in server/jobs.rs.
create table jobs (
    name        text primary key,
    -- When it was last begun, and by whom. A node takes a job by setting this, so that only one does.
    started_at  timestamptz not null,
    node        text not null,
    -- When it last ended; before started_at: it is at work, or its node is gone.
    finished_at timestamptz,
    -- How many rows the last run dealt with.
    rows        bigint not null default 0,
    -- Why the last run failed, by the code of the error; null for one that worked.
    error       text,
    -- When it last worked.
    worked_at   timestamptz,
    runs        bigint not null default 0,
    failures    bigint not null default 0,
    constraint jobs_counts check (rows >= 0 and failures between 0 and runs)
);

grant select, insert, update on jobs to docket_jobs;

-- What the metrics show of the audit chain and of restore drills.
grant select (day) on audit_days to docket_jobs;
grant select (held_at) on restore_drills to docket_jobs;
create policy counted on audit_days for select to docket_jobs using (true);
create policy counted on restore_drills for select to docket_jobs using (true);
