-- Fills an empty, migrated database: 2,000 people, 1,000,000 tasks, and their history. One person, b@example.org, has 100,000 open
-- tasks (10,000 of them in progress, 20 urgent), 55,000 completed ones and 55,000 in the trash; the others share the rest. The same
-- each time. Takes some minutes. bench/explain.sh measures what Docket asks of it.
--
--     psql -v ON_ERROR_STOP=1 -d NAME -f bench/scale.sql

\set today '2026-11-21'
set synchronous_commit = off;
set maintenance_work_mem = '512MB';
select setseed(0.42);

begin;
-- Triggers rest, and indexes are made at the end.
set local session_replication_role = replica;
create temporary table later on commit drop as
    select indexname, indexdef from pg_indexes
    where tablename in ('tasks', 'audit_logs') and indexname !~ '_pkey$';
select format('drop index %I', indexname) from later \gexec

insert into users (id, email, name)
select ('018c0000-0000-7000-8000-' || lpad(to_hex(n * 7919), 12, '0'))::uuid,
       case n when 0 then 'b@example.org' else n || '@example.org' end, 'Person ' || n
from generate_series(0, 1999) n;

-- 4,000 words by frequency: some English ones, the rest made of syllables, many of them with an English ending.
create temporary table words on commit drop as
select n, coalesce(
    (string_to_array('the to and for a with review of report meeting call update plan write check budget garden letter invoice ' ||
        'running travel grocery dentist birthday project kitchen running offices walked repairs booking', ' '))[n],
    (string_to_array('ba ce di fo gra ha jo ki lu mon ne par que ri sto ta vel wi yo zu', ' '))[1 + n % 20] ||
    (string_to_array('l n r st m ck t nd v s', ' '))[1 + n / 20 % 10] ||
    (string_to_array('a e i o u ar er on in ea al or ou ie is an en at am ul', ' '))[1 + n / 200 % 20] ||
    (array['', '', 's', 'ing', 'ed', 'er'])[1 + n % 6]) as word
from generate_series(1, 4000) n;

do $$
declare
    word     text[] := (select array_agg(words.word order by n) from words);
    person   uuid[] := (select array_agg(id order by id) from users);
    -- Who has how many of what, shuffled: 1 open, 2 in progress, 3 completed, 4 in the trash, of b; 0, of the others.
    kinds    smallint[] := (
        select array_agg(kind order by random()) from (
            select case when n <= 90000 then 1 when n <= 100000 then 2 when n <= 155000 then 3 when n <= 210000 then 4 else 0
                   end::smallint as kind
            from generate_series(1, 1000000) n) as numbered);
    kind     smallint;
    owner    uuid;
    made     timestamptz;
    changed  timestamptz;
    digits   text;
    place    text;
    title    text;
    body     text;
    state    task_status;
    rank     task_priority;
    due      date;
    hour     time;
    chance   float8;
    urgent   int := 0;
begin
    for n in 1 .. 1000000 loop
        kind := kinds[n];
        -- Two years, evenly, in the order of time, as ids are.
        made := timestamptz '2024-11-21 00:00Z' + n * interval '63.07 s';
        changed := made + (timestamptz '2026-11-21 00:00Z' - made) * random() ^ 3;
        digits := lpad(to_hex((extract(epoch from made) * 1000)::bigint), 12, '0') || '7'
            || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15);
        owner := person[case when kind > 0 then 1 else 2 + floor(1999 * random() ^ 2) end];
        -- One in twenty was moved by hand.
        place := translate(left(digits, 24), '0123456789abcdef', 'fedcba9876543210');
        if random() < 0.05 then
            place := left(place, 4) || lpad(to_hex((random() * 65535)::int), 4, '0') || substr(place, 9) || '8';
        end if;

        -- The frequency of a word falls with its number ("Zipf").
        title := case when random() < 0.95 then 'Task' else 'Idea' end;
        for k in 1 .. 2 + (random() * 5)::int loop
            title := title || ' ' || word[floor(4001 ^ random())];
        end loop;
        if n % 1009 = 0 then title := title || ' 🎉'; end if;
        -- In 25 tasks of b.
        if kind = 1 and n % 3600 = 0 then title := title || ' zeppelin'; end if;
        body := null;
        if random() < 0.5 then
            body := word[floor(4001 ^ random())];
            for k in 1 .. (random() ^ 2 * 60)::int loop
                body := body || ' ' || word[floor(4001 ^ random())];
            end loop;
        end if;

        state := case kind when 1 then 'pending' when 2 then 'in_progress' when 3 then 'completed' when 4 then 'pending'
            else (array['pending', 'pending', 'in_progress', 'completed', 'completed'])[1 + floor(random() * 5)] end;
        chance := random();
        rank := case when chance < 0.5 then 'medium' when chance < 0.75 then 'low' when chance < 0.95 then 'high' else 'urgent' end;
        -- Only b hardly calls anything urgent.
        if rank = 'urgent' and kind > 0 then
            rank := 'high';
            if kind = 1 and urgent < 20 then rank := 'urgent'; urgent := urgent + 1; end if;
        end if;

        -- Overdue, today, in the next month, later, never.
        chance := random();
        due := date '2026-11-21' + case
            when chance < 0.20 then -1 - floor(random() * 90) when chance < 0.21 then 0
            when chance < 0.75 then 1 + floor(random() * 31) when chance < 0.80 then 32 + floor(random() * 300) end::int;
        hour := case when random() < 0.25 then time '08:00' + floor(random() * 48) * interval '15 min' end;
        if due is null then hour := null; end if;

        insert into tasks (id, user_id, title, description, status, completed_at, created_at, updated_at, deleted_at,
                           priority, due_date, due_time, position, version)
        values (digits::uuid, owner, title, body, state, case state when 'completed' then changed end, made, changed,
                case when kind = 4 or kind = 0 and random() < 0.02 then changed end, rank, due, hour, place, 1 + (random() < 0.3)::int);
    end loop;
end
$$;

-- What was completed over a year ago is archived.
update tasks set archived_at = completed_at + interval '365 days'
where completed_at < timestamptz '2025-11-21 00:00Z' and deleted_at is null;

-- Each task was added; some have changed since. The log's rows are digested as ever.
alter table audit_logs enable always trigger audit_logs_digested;
insert into audit_logs (change_id, user_id, action, entity_type, entity_id, new_values, created_at)
select gen_random_uuid(), user_id, 'add', 'task', id, jsonb_strip_nulls(task_values(tasks)), created_at from tasks order by id;
insert into audit_logs (change_id, user_id, action, entity_type, entity_id, old_values, new_values, created_at)
select gen_random_uuid(), user_id, 'edit', 'task', id,
       jsonb_build_object('title', title, 'version', version - 1),
       jsonb_build_object('title', title || '!', 'version', version), updated_at
from tasks where version > 1 order by updated_at;
-- One act that changed 500 tasks, and one task that changed a hundred times.
insert into audit_logs (change_id, user_id, action, entity_type, entity_id, old_values, new_values, created_at)
select 'cccccccc-0000-7000-8000-000000000001', user_id, 'edit', 'task', id,
       '{"priority": "low", "version": 1}', jsonb_build_object('priority', priority, 'version', version), updated_at
from (select * from tasks where user_id = (select id from users where email = 'b@example.org') and deleted_at is null
      order by id limit 500) as chosen;
insert into audit_logs (change_id, user_id, action, entity_type, entity_id, old_values, new_values, created_at)
select gen_random_uuid(), user_id, 'edit', 'task', id, jsonb_build_object('title', 'No. ' || n, 'version', n),
       jsonb_build_object('title', 'No. ' || n + 1, 'version', n + 1), updated_at
from (select * from tasks where user_id = (select id from users where email = 'b@example.org') and deleted_at is null
      order by id offset 1000 limit 1) as chosen, generate_series(1, 100) n;
alter table audit_logs enable trigger audit_logs_digested;

select indexdef from later \gexec
commit;
vacuum (analyze) tasks, audit_logs, users;
