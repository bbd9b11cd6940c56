-- Mail on its way is lost, and links that were sent don't work any more.
drop table outbox;
drop table verifications;
drop type verification_purpose;
