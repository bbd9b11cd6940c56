-- What it costs to add a task: 1,000 single inserts in one transaction, as Docket makes them, trigger and audit log included; taken
-- back at the end.
--
--     psql -d NAME -f bench/insert.sql

begin;
set local role docket_app;
set local docket.user_id = '018c0000-0000-7000-8000-000000000000';
set local docket.change_id = 'cccccccc-0000-7000-8000-000000000002';
do $$
declare
    begun timestamptz := clock_timestamp();
    id    text;
begin
    for n in 1 .. 1000 loop
        id := lpad(to_hex((extract(epoch from now()) * 1000)::bigint + n), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8'
            || substr(md5(n::text), 4, 15);
        insert into tasks (id, user_id, title, description, due_date, position)
        values (id::uuid, '018c0000-0000-7000-8000-000000000000', 'Call the dentist about no. ' || n,
                'Ask whether the bill of last month is settled, and when the next visit is due.', '2026-12-01',
                translate(left(id, 24), '0123456789abcdef', 'fedcba9876543210'));
    end loop;
    raise notice '% ms each', round(extract(epoch from clock_timestamp() - begun)::numeric, 3);
end
$$;
rollback;
