-- The audit log is chained: `docket verify` finds a row that was changed, and that one was removed. docs/database.md, "The audit chain".

alter table audit_logs
    -- 16 random bytes. They go when the row is forgotten: what was written can't be guessed from the digest then.
    add column salt bytea,
    -- SHA-256 of the salt and of everything else in the row. Stays for ever.
    add column digest bytea;

-- What a digest is made from. `server/verify/audit.rs` has the same in its own words, so that it depends on nothing that lies here.
create function audit_digest(log audit_logs) returns bytea
language sql stable
return sha256(log.salt || convert_to(jsonb_build_array(
    log.id, log.change_id, log.user_id, log.action, log.entity_type, log.entity_id, log.old_values, log.new_values,
    utc_text(log.created_at))::text, 'UTF8'));

-- One link of the chain: the one before, and what stays of a row whatever is forgotten.
create function audit_link(before bytea, log audit_logs) returns bytea
language sql stable
return sha256(before || convert_to(jsonb_build_array(
    log.id, log.change_id, log.action, log.entity_type, utc_text(log.created_at))::text, 'UTF8') || log.digest);

-- What is there already. Nothing else of it changes.
alter table audit_logs disable trigger audit_logs_grows;
update audit_logs set salt = uuid_send(gen_random_uuid());
update audit_logs as log set digest = audit_digest(log);
alter table audit_logs enable trigger audit_logs_grows;

alter table audit_logs
    alter column digest set not null,
    add constraint audit_logs_salt_size check (octet_length(salt) = 16),
    add constraint audit_logs_digest_size check (octet_length(digest) = 32),
    add constraint audit_logs_forgotten_whole check (salt is not null or (old_values is null and new_values is null));

-- Gives the transaction a number before a row gets its id: whoever waits for all transactions that began before a moment has seen
-- every row with an id from before that moment.
create function number_audit_writer() returns trigger
language plpgsql as $$
begin
    perform pg_current_xact_id();
    return null;
end
$$;

create trigger audit_logs_numbered before insert on audit_logs
    for each statement execute function number_audit_writer();

-- Salt and digest are made here, whatever the writer gives.
create function digest_audit_row() returns trigger
language plpgsql as $$
begin
    new.salt := uuid_send(gen_random_uuid());
    new.digest := audit_digest(new);
    return new;
end
$$;

create trigger audit_logs_digested before insert on audit_logs
    for each row execute function digest_audit_row();

-- Refuses every change but two. While docket.forgetting is on, which only functions of the owner are of use to, a row may lose who acted and
-- what was written, and with it the salt; that of an account may get another name for the account. While docket.retiring is on, whole days go.
create or replace function refuse_audit_change() returns trigger
language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        if current_setting('docket.forgetting', true) = 'on'
            and (new.id, new.change_id, new.action, new.entity_type, new.created_at, new.digest)
                is not distinct from (old.id, old.change_id, old.action, old.entity_type, old.created_at, old.digest)
            and (new.user_id is null or new.user_id = old.user_id)
            and (new.entity_id = old.entity_id or old.entity_type = 'account')
            and new.old_values is null and new.new_values is null
        then
            new.salt := null;
            return new;
        end if;
    elsif tg_op = 'DELETE' then
        if current_setting('docket.retiring', true) = 'on' then
            return old;
        end if;
    end if;
    raise exception 'audit_logs only grows' using errcode = 'insufficient_privilege';
end
$$;

-- One line for each day (UTC) on which something happened: its rows are those from first_id to last_id, and the next day begins with the next
-- id. Days only go forward: a row that was begun before midnight and came after the first one of the next day belongs to that.
create table audit_days (
    day        date primary key,
    first_id   bigint not null unique,
    last_id    bigint not null unique,
    rows       bigint not null,
    -- The last link: made from the last one of the day before and from every row of this one, in the order of ids.
    hash       bytea not null,
    sealed_at  timestamptz not null default now(),
    -- Since when its rows are gone by the rule of how long they are kept.
    removed_at timestamptz,
    constraint audit_days_forward check (first_id <= last_id),
    constraint audit_days_rows_fit check (rows between 1 and last_id - first_id + 1),
    constraint audit_days_hash_size check (octet_length(hash) = 32)
);

-- How far the chain may go. One row at most.
create table audit_marks (
    only_one boolean primary key default true check (only_one),
    -- Every row up to this id will be there once every transaction with a number below xid has ended.
    last_id  bigint not null,
    -- Null once the rows up to last_id are in the chain.
    xid      xid8
);

-- When a backup was last restored as a drill, which, and how many rows it had.
create table restore_drills (
    id        bigint primary key generated always as identity,
    -- SHA-256 of the whole file.
    file_hash bytea not null,
    rows      bigint not null,
    held_at   timestamptz not null default now(),
    constraint restore_drills_hash_size check (octet_length(file_hash) = 32)
);

create function keep_audit_day(head audit_days) returns void
language sql
begin atomic
    insert into audit_days (day, first_id, last_id, rows, hash) values (head.day, head.first_id, head.last_id, head.rows, head.hash)
    on conflict (day) do update
    set last_id = excluded.last_id, rows = excluded.rows, hash = excluded.hash, sealed_at = excluded.sealed_at;
end;

-- Adds up to 10,000 rows to the chain, and gives how many. Holds nobody up: it adds what is sure to be complete, and notes how far it may go
-- the next time. Has to be the first to write in its transaction. More than one Docket may call it: all but one do nothing.
create function seal_audit() returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    mark   audit_marks;
    head   audit_days;
    log    audit_logs;
    own    date;
    today  constant date := (now() at time zone 'UTC')::date;
    issued bigint;
    count  bigint := 0;
begin
    if not pg_try_advisory_xact_lock(hashtextextended('seal audit', 0)) then
        return 0;
    end if;
    if pg_current_xact_id_if_assigned() is not null then
        raise exception 'seal_audit has to come first in its transaction';
    end if;
    -- In this order: whoever got an id by now has a number that is smaller than this transaction's.
    select case when is_called then last_value else 0 end into issued from audit_logs_id_seq;
    select * into mark from audit_marks;
    if mark.xid is null and issued <= coalesce(mark.last_id, 0) then
        return 0;
    end if;
    -- A number from the future is that of another server, from which this database was copied.
    if mark.xid is null or mark.xid > pg_current_xact_id() then
        insert into audit_marks (last_id, xid) values (issued, pg_current_xact_id())
        on conflict (only_one) do update set last_id = excluded.last_id, xid = excluded.xid;
        return 0;
    end if;
    if pg_snapshot_xmin(pg_current_snapshot()) < mark.xid then
        return 0;
    end if;
    select * into head from audit_days order by day desc limit 1;
    if head.day is null then
        head.day := '-infinity';
        head.last_id := 0;
        head.hash := sha256('docket');
    end if;
    for log in select * from audit_logs where id > head.last_id and id <= mark.last_id order by id limit 10000 loop
        own := greatest(head.day, least((log.created_at at time zone 'UTC')::date, today));
        if own > head.day then
            if count > 0 then
                perform keep_audit_day(head);
            end if;
            head.day := own;
            head.first_id := head.last_id + 1;
            head.rows := 0;
        end if;
        head.hash := audit_link(head.hash, log);
        head.last_id := log.id;
        head.rows := head.rows + 1;
        count := count + 1;
    end loop;
    if count > 0 then
        perform keep_audit_day(head);
    end if;
    if count < 10000 then
        update audit_marks set
            last_id = issued,
            xid = case when issued > mark.last_id then pg_current_xact_id() end;
    end if;
    return count;
end
$$;

-- Removes up to 10,000 rows of days before this one, oldest first, and gives how many. Their lines in audit_days stay, so that the chain
-- goes on. Whoever asks, 30 days are kept, and the last day on which something happened.
create function remove_audit(before date) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    upto  bigint;
    count bigint;
begin
    if before > (now() at time zone 'UTC')::date - 30 then
        raise exception 'the audit log keeps at least 30 days';
    end if;
    if not pg_try_advisory_xact_lock(hashtextextended('remove audit', 0)) then
        return 0;
    end if;
    select last_id into upto from audit_days
    where day < before and day < (select max(day) from audit_days) order by day desc limit 1;
    update audit_days set removed_at = now() where last_id <= upto and removed_at is null;
    perform set_config('docket.retiring', 'on', true);
    delete from audit_logs where id in (select id from audit_logs where id <= upto order by id limit 10000);
    get diagnostics count = row_count;
    perform set_config('docket.retiring', '', true);
    return count;
end
$$;

alter table audit_days enable row level security, force row level security;
alter table audit_marks enable row level security, force row level security;
alter table restore_drills enable row level security, force row level security;
create policy owner on audit_days to current_user using (true) with check (true);
create policy owner on audit_marks to current_user using (true) with check (true);
create policy owner on restore_drills to current_user using (true) with check (true);

revoke all on function audit_digest(audit_logs), audit_link(bytea, audit_logs), number_audit_writer(), digest_audit_row(),
    keep_audit_day(audit_days), seal_audit(), remove_audit(date) from public;
-- What the triggers call.
grant execute on function audit_digest(audit_logs) to docket_app, docket_sign_in, docket_admin, docket_jobs;
grant execute on function seal_audit(), remove_audit(date) to docket_jobs;

-- Ids come from the sequence and digests from the trigger, and nobody who writes says otherwise.
revoke insert on audit_logs from docket_app, docket_sign_in, docket_admin, docket_jobs;
grant insert (change_id, user_id, action, entity_type, entity_id, old_values, new_values) on audit_logs
    to docket_app, docket_sign_in, docket_admin, docket_jobs;
