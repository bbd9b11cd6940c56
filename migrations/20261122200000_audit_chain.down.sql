-- The chain of the audit log is lost, with the notes of restore drills: what was altered or removed before can't be found any more. The rows of
-- the log stay.
drop function remove_audit(date);
drop function seal_audit();
drop function keep_audit_day(audit_days);
drop table restore_drills;
drop table audit_marks;
drop table audit_days;
drop trigger audit_logs_digested on audit_logs;
drop trigger audit_logs_numbered on audit_logs;
drop function digest_audit_row();
drop function number_audit_writer();
drop function audit_link(bytea, audit_logs);
drop function audit_digest(audit_logs);

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

alter table audit_logs drop column digest, drop column salt;

revoke insert (change_id, user_id, action, entity_type, entity_id, old_values, new_values) on audit_logs
    from docket_app, docket_sign_in, docket_admin, docket_jobs;
grant insert on audit_logs to docket_app, docket_sign_in, docket_admin, docket_jobs;
