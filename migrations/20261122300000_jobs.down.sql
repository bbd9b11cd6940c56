-- When each job last ran is forgotten; every job is due at the next start.
drop table jobs;
