-- Every task is lost.
drop table tasks;
drop type task_status;
