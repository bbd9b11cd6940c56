-- The database itself keeps everybody to their own rows, whatever a statement forgets.
--
-- Four roles, none of which can log in, owns anything or passes by a policy. Docket takes one of them on for each transaction
-- (docs/database.md, "Who may do what"): what acts for a person, what finds a person before anybody is known, what an admin does to
-- accounts, and what Docket does by itself. The owner of the tables runs migrations, backups and the functions below.

-- Roles belong to all databases of a server: another one may have made them, or be at it.
do $$
declare
    role text;
begin
    foreach role in array array['docket_app', 'docket_sign_in', 'docket_admin', 'docket_jobs'] loop
        begin
            if not exists (select from pg_roles where rolname = role) then
                execute format('create role %I nologin', role);
            end if;
        exception when duplicate_object or unique_violation then
            null;
        end;
        begin
            -- So that Docket works where its only login is the owner's, too. From version 16 on, who makes a role may grant it and
            -- nothing else.
            if not pg_has_role(current_user, role,
                    case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end) then
                execute format('grant %I to current_user', role);
            end if;
        exception when unique_violation or internal_error or insufficient_privilege then
            null;
        end;
    end loop;
end
$$;

-- The person that this transaction acts for; null for nobody.
create function acting_user() returns uuid
language sql stable parallel safe
return nullif(current_setting('docket.user_id', true), '')::uuid;

-- Every table's rows are seen by the owner, too, only by a policy.
alter table users enable row level security, force row level security;
alter table sessions enable row level security, force row level security;
alter table tasks enable row level security, force row level security;
alter table audit_logs enable row level security, force row level security;
alter table verifications enable row level security, force row level security;
alter table outbox enable row level security, force row level security;
alter table pictures enable row level security, force row level security;
create policy owner on users to current_user using (true) with check (true);
create policy owner on sessions to current_user using (true) with check (true);
create policy owner on tasks to current_user using (true) with check (true);
create policy owner on audit_logs to current_user using (true) with check (true);
create policy owner on verifications to current_user using (true) with check (true);
create policy owner on outbox to current_user using (true) with check (true);
create policy owner on pictures to current_user using (true) with check (true);

-- Nobody but the owner and the four roles calls Docket's functions. Those of others stay as they are.
do $$
declare
    function regprocedure;
begin
    for function in
        select oid from pg_proc where pronamespace = 'public'::regnamespace and proowner = current_user::regrole
    loop
        execute format('revoke all on routine %s from public', function);
        execute format('grant execute on routine %s to docket_app, docket_sign_in, docket_admin, docket_jobs', function);
    end loop;
end
$$;

-- docket_app: what acts for a person. Its own rows, and nobody else's.
grant select, update (email, name, password_hash, email_verified_at, image, time_zone, session_epoch) on users to docket_app;
grant select, delete on sessions to docket_app;
grant select, insert, update on tasks to docket_app;
grant select, insert on audit_logs to docket_app;
grant select, insert, update, delete on verifications, outbox, pictures to docket_app;
create policy own on users to docket_app using (id = acting_user()) with check (id = acting_user());
create policy own on sessions to docket_app using (user_id = acting_user()) with check (user_id = acting_user());
create policy own on tasks to docket_app using (user_id = acting_user()) with check (user_id = acting_user());
create policy own on verifications to docket_app using (user_id = acting_user()) with check (user_id = acting_user());
create policy own on outbox to docket_app using (user_id = acting_user()) with check (user_id = acting_user());
create policy own on pictures to docket_app using (user_id = acting_user()) with check (user_id = acting_user());
-- What a person did, what happened to the account, and what happened to the tasks. In that order: the first is true of nearly all.
create policy own on audit_logs to docket_app
    using (user_id = acting_user()
        or entity_type = 'account' and entity_id = acting_user()::text
        or entity_type = 'task' and exists (select from tasks where id = entity_id::uuid and tasks.user_id = acting_user()))
    with check (user_id = acting_user());

-- docket_sign_in: what has to be found before anybody is known. Its statements are in server/store/sign_in.rs.
grant select, insert, update (password_hash) on users to docket_sign_in;
grant select, insert, update, delete on sessions, verifications to docket_sign_in;
grant select, insert, delete on outbox to docket_sign_in;
grant select on pictures to docket_sign_in;
grant insert on audit_logs to docket_sign_in;
create policy found on users to docket_sign_in using (true) with check (true);
create policy found on sessions to docket_sign_in using (true) with check (true);
create policy found on verifications to docket_sign_in using (true) with check (true);
create policy found on outbox to docket_sign_in using (true) with check (true);
create policy found on pictures to docket_sign_in using (true) with check (true);
-- A login that failed: nobody did it.
create policy found on audit_logs to docket_sign_in using (false) with check (user_id is null and entity_type = 'account');

-- docket_admin: what who runs this Docket does to accounts. server/store/admin.rs looks first whether who acts does.
grant select, update (role, is_active, password_hash, session_epoch) on users to docket_admin;
grant select (user_id, last_seen_at), delete on sessions to docket_admin;
grant select, delete on verifications to docket_admin;
grant insert on outbox, audit_logs to docket_admin;
create policy any_account on users to docket_admin using (true) with check (true);
create policy any_account on sessions to docket_admin using (true) with check (true);
create policy any_account on verifications to docket_admin using (true) with check (true);
create policy any_account on outbox to docket_admin using (true) with check (true);
create policy any_account on audit_logs to docket_admin using (false)
    with check (user_id is not distinct from acting_user() and entity_type = 'account');

-- docket_jobs: what Docket does by itself, for everybody. To lock a row takes the right to change something of it.
grant select (id, time_zone) on users to docket_jobs;
grant select (id, expiry_date), update (last_seen_at), delete on sessions to docket_jobs;
grant select, update (deleted_at), delete on tasks to docket_jobs;
grant select, update (code_hash, expires_at), delete on verifications to docket_jobs;
grant select, update (attempts, next_try_at), delete on outbox to docket_jobs;
grant insert on audit_logs to docket_jobs;
create policy everything on users to docket_jobs using (true) with check (true);
create policy everything on sessions to docket_jobs using (true) with check (true);
create policy everything on tasks to docket_jobs using (true) with check (true);
create policy everything on verifications to docket_jobs using (true) with check (true);
create policy everything on outbox to docket_jobs using (true) with check (true);
create policy everything on audit_logs to docket_jobs using (false) with check (user_id is null and entity_type = 'task');

-- Hashes and networks; no row is anybody's.
grant select, insert, update, delete on login_delays to docket_app, docket_sign_in, docket_admin, docket_jobs;

-- What /readyz reads, before any role is taken on, too. Where queries are checked there is no such table.
do $$
begin
    if to_regclass('_sqlx_migrations') is not null then
        grant select on _sqlx_migrations to public;
    end if;
end
$$;

-- To forget is the owner's: no role above may change or remove a row of the log. Each function looks itself what may be forgotten.

drop function forget_tasks(text[]);
drop function forget_person(uuid);

-- Forgets what was written in tasks that are gone for good; of one that is still there nothing.
create function forget_tasks(gone text[]) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform set_config('docket.forgetting', 'on', true);
    update audit_logs set old_values = null, new_values = null
    where entity_type = 'task' and entity_id = any(gone) and (old_values is not null or new_values is not null)
        and not exists (select from tasks where id = entity_id::uuid);
    perform set_config('docket.forgetting', '', true);
end
$$;

-- Forgets who acts: removes the account and everything that belongs to it. What the audit log keeps has no name, no words and no
-- place: the account goes by a random id from then on, which leads nowhere.
create function forget_person() returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    person constant uuid := acting_user();
    nobody constant text := gen_random_uuid();
    gone   constant text[] := array(select id::text from tasks where user_id = person);
begin
    perform set_config('docket.forgetting', 'on', true);
    delete from users where id = person;
    update audit_logs set
        user_id = nullif(user_id, person), old_values = null, new_values = null,
        entity_id = case when entity_type = 'account' and entity_id = person::text then nobody else entity_id end
    where user_id = person
        or entity_type = 'account' and entity_id = person::text
        or entity_type = 'task' and entity_id = any(gone);
    perform set_config('docket.forgetting', '', true);
    insert into audit_logs (change_id, action, entity_type, entity_id)
    values (gen_random_uuid(), 'erase', 'account', nobody);
end
$$;

-- Whether who acts is the only one who runs this Docket, while other people have accounts.
create function is_only_admin() returns boolean
language sql stable security definer set search_path = public, pg_temp
begin atomic
    select exists (select from users where id = acting_user() and role = 'admin')
        and exists (select from users where id <> acting_user())
        and not exists (select from users where id <> acting_user() and role = 'admin' and is_active);
end;

revoke all on function forget_tasks(text[]), forget_person(), is_only_admin() from public;
grant execute on function forget_tasks(text[]) to docket_jobs;
grant execute on function forget_person(), is_only_admin() to docket_app;
