-- The rows that everybody is measured with: 200 tasks of who reads, and 2,048 of who writes. The same each time.
--
--     psql -v reader=UUID -v writer=UUID -d NAME -f bench/tasks.sql

begin;
-- Nothing of this is an act of a person.
set local session_replication_role = replica;
insert into tasks (id, user_id, title, description, status, completed_at, priority, due_date, due_time, position, version, created_at, updated_at)
select ('018c0001-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, :'reader',
    (array['Call the dentist about the bill', 'Water the fern', 'Write the report of the quarter', 'Book the train to Lisbon'])[1 + n % 4] || ' no. ' || n,
    case when n % 2 = 0 then 'Ask whether that of last month is settled, and when the next visit is due; the number is in the other folder.' end,
    state, case state when 'completed' then made + interval '2 days' end,
    (array['low', 'medium', 'medium', 'high', 'urgent'])[1 + n % 5]::task_priority,
    case when n % 3 > 0 then date '2027-01-01' + n end, case when n % 6 = 1 then time '08:15' + n * interval '1 min' end,
    translate(lpad(to_hex(n), 24, '0'), '0123456789abcdef', 'fedcba9876543210'), 1 + n % 4, made, made + interval '3 hours'
from (select n, timestamptz '2026-05-01 08:00:00.000123Z' + n * interval '17 min 1.000789 s' as made,
             (array['pending', 'pending', 'in_progress', 'completed'])[1 + n % 4]::task_status as state
      from generate_series(0, 199) n) as numbered;
insert into tasks (id, user_id, title, position, created_at, updated_at)
select ('018c0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, :'writer', 'Measured', translate(lpad(to_hex(n), 24, '0'), '0123456789abcdef', 'fedcba9876543210'), made, made
from (select n, timestamptz '2026-04-01 08:00:00.000123Z' + n * interval '1 min' as made from generate_series(0, 2047) n) as numbered;
commit;
analyze tasks;
