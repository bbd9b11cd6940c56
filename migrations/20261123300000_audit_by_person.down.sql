-- Nothing is lost: the index is made from the log.
drop index audit_logs_person_idx;
