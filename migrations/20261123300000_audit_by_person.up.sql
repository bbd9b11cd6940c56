-- What a person did, the last first: for programs that follow it. docs/database.md, "Indexes".
create index audit_logs_person_idx on audit_logs (user_id, id desc);
