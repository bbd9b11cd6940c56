-- No row is lost. Nothing but the statements themselves keeps people apart then. The four roles stay: they belong to all databases of
-- the server.
drop function is_only_admin();
drop function forget_person();
drop function forget_tasks(text[]);

create function forget_tasks(tasks text[]) returns void
language plpgsql as $$
begin
    perform set_config('docket.forgetting', 'on', true);
    update audit_logs set old_values = null, new_values = null
    where entity_type = 'task' and entity_id = any(tasks) and (old_values is not null or new_values is not null);
    perform set_config('docket.forgetting', '', true);
end
$$;

create function forget_person(person uuid) returns void
language plpgsql as $$
declare
    nobody constant text := gen_random_uuid();
    tasks  constant text[] := array(select id::text from tasks where user_id = person);
begin
    perform set_config('docket.forgetting', 'on', true);
    delete from users where id = person;
    update audit_logs set
        user_id = nullif(user_id, person), old_values = null, new_values = null,
        entity_id = case when entity_type = 'account' and entity_id = person::text then nobody else entity_id end
    where user_id = person
        or entity_type = 'account' and entity_id = person::text
        or entity_type = 'task' and entity_id = any(tasks);
    perform set_config('docket.forgetting', '', true);
    insert into audit_logs (change_id, action, entity_type, entity_id)
    values (gen_random_uuid(), 'erase', 'account', nobody);
end
$$;

do $$
declare
    policy record;
begin
    for policy in
        select polname, polrelid::regclass as relation from pg_policy
        where polrelid in ('users'::regclass, 'sessions'::regclass, 'tasks'::regclass, 'audit_logs'::regclass,
            'verifications'::regclass, 'outbox'::regclass, 'pictures'::regclass)
    loop
        execute format('drop policy %I on %s', policy.polname, policy.relation);
    end loop;
end
$$;
alter table users no force row level security, disable row level security;
alter table sessions no force row level security, disable row level security;
alter table tasks no force row level security, disable row level security;
alter table audit_logs no force row level security, disable row level security;
alter table verifications no force row level security, disable row level security;
alter table outbox no force row level security, disable row level security;
alter table pictures no force row level security, disable row level security;
drop function acting_user();
revoke all on users, sessions, tasks, audit_logs, verifications, outbox, pictures, login_delays
    from docket_app, docket_sign_in, docket_admin, docket_jobs;
do $$
declare
    function regprocedure;
begin
    for function in
        select oid from pg_proc where pronamespace = 'public'::regnamespace and proowner = current_user::regrole
    loop
        execute format('revoke all on routine %s from docket_app, docket_sign_in, docket_admin, docket_jobs', function);
        execute format('grant execute on routine %s to public', function);
    end loop;
end
$$;
do $$
begin
    if to_regclass('_sqlx_migrations') is not null then
        revoke select on _sqlx_migrations from public;
    end if;
end
$$;
