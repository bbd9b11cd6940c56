-- Two people with many tasks, for what takes longer the more there are: the tables of Docket, the tasks of nobody else.
--
--     psql -v big=UUID -v many=1000000 -v some=UUID -v few=10000 -v today=DATE -d NAME -f bench/million.sql

set synchronous_commit = off;
set maintenance_work_mem = '1GB';
begin;
set local session_replication_role = replica;
-- Indexes are made at the end.
create temporary table later on commit drop as
    select indexname, indexdef from pg_indexes where tablename = 'tasks' and indexname !~ '_pkey$';
select format('drop index %I', indexname) from later \gexec

-- 2,000 words by frequency: the frequency of a word falls with its number ("Zipf").
create temporary table words on commit drop as
select n as number, (string_to_array('ba ce di fo gra ha jo ki lu mon ne par que ri sto ta vel wi yo zu', ' '))[1 + n % 20] ||
    (string_to_array('l n r st m ck t nd v s', ' '))[1 + n / 20 % 10] ||
    (string_to_array('a e i o u ar er on in ea', ' '))[1 + n / 200 % 10] as word
from generate_series(0, 1999) n;
create function pg_temp.word(seed bigint) returns text language sql immutable
    return (array['report', 'garden', 'letter', 'invoice', 'meeting', 'dentist', 'kitchen', 'budget'])[1 + seed % 8];

insert into tasks (id, user_id, title, description, status, completed_at, priority, due_date, due_time, position, created_at, updated_at)
select (lpad(to_hex((extract(epoch from made) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0') || '8' ||
        substr(md5(owner::text), 1, 3) || lpad(to_hex(n), 12, '0'))::uuid,
    owner, 'Task ' || pg_temp.word(n) || ' ' || one.word || ' ' || other.word || case when n % 40000 = 0 then ' zeppelin' else '' end,
    case when n % 4 = 0 then 'About ' || other.word || ' and ' || pg_temp.word(n / 8) || ', as said on the phone' end,
    state, case state when 'completed' then made + interval '1 day' end,
    (array['low', 'medium', 'medium', 'medium', 'high'])[1 + n % 5]::task_priority,
    -- Of 10,000 a day some 20 are today's.
    case when n % 3 > 0 then :'today'::date + (n % 30011) / 3 - 5000 end, case when n % 12 = 1 then time '08:00' + n % 600 * interval '1 min' end,
    translate(left(lpad(to_hex((extract(epoch from made) * 1000)::bigint), 12, '0') || lpad(to_hex(n), 12, '0'), 24), '0123456789abcdef', 'fedcba9876543210'),
    made, made
from (
    select owner, n, made, (array['pending', 'pending', 'in_progress', 'completed', 'completed'])[1 + n % 5]::task_status as state,
        (2000 ^ ((n::bigint * 7919 % 10007) / 10007.0))::int - 1 as first, (2000 ^ ((n::bigint * 104729 % 10009) / 10009.0))::int - 1 as second
    from (
        select :'big'::uuid as owner, n, timestamptz '2025-12-01 00:00:00.000123Z' + n * interval '30.000001 s' * (1000000.0 / :many) as made
        from generate_series(0, :many - 1) n
        union all
        select :'some'::uuid, n, timestamptz '2025-12-01 00:00:00.000123Z' + n * interval '50 min 0.000001 s' from generate_series(0, :few - 1) n
    ) as all_of_them
) as numbered
join words one on one.number = first join words other on other.number = second;

select indexdef from later \gexec
commit;
vacuum (analyze) tasks;
