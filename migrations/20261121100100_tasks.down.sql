drop table tasks;
drop type task_status;
