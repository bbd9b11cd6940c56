-- The audit log only grows, and yet nobody's words outlive them in it: two functions may empty rows, and nothing else may change
-- any. What happened, to which task and when stays.

-- Refuses every change but one: while docket.forgetting is on, which the functions below turn on for themselves, a row may lose who
-- acted and what was written; that of an account may get another name for the account.
create or replace function refuse_audit_change() returns trigger
language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        if current_setting('docket.forgetting', true) = 'on'
            and (new.id, new.change_id, new.action, new.entity_type, new.created_at)
                is not distinct from (old.id, old.change_id, old.action, old.entity_type, old.created_at)
            and (new.user_id is null or new.user_id = old.user_id)
            and (new.entity_id = old.entity_id or old.entity_type = 'account')
            and new.old_values is null and new.new_values is null
        then
            return new;
        end if;
    end if;
    raise exception 'audit_logs only grows' using errcode = 'insufficient_privilege';
end
$$;

-- Forgets what was written in tasks that are gone for good.
create function forget_tasks(tasks text[]) returns void
language plpgsql as $$
begin
    perform set_config('docket.forgetting', 'on', true);
    update audit_logs set old_values = null, new_values = null
    where entity_type = 'task' and entity_id = any(tasks) and (old_values is not null or new_values is not null);
    perform set_config('docket.forgetting', '', true);
end
$$;

-- Forgets a person: removes the account and everything that belongs to it. What the audit log keeps has no name, no words and no
-- place: the account goes by a random id from then on, which leads nowhere.
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

-- Tasks that go with their owner's account are told by the row of the account.
drop trigger tasks_inserted on tasks;
create trigger tasks_inserted after insert on tasks
    for each row execute function log_task_change();
create trigger tasks_deleted after delete on tasks
    for each row when (current_setting('docket.forgetting', true) is distinct from 'on') execute function log_task_change();

-- What was kept of tasks that are gone already.
select forget_tasks(array(select entity_id from audit_logs where entity_type = 'task' and action = 'purge'));
