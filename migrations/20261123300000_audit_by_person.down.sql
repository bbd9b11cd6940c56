drop index audit_logs_person_idx;
