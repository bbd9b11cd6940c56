-- Mail on its way, and what a link in a mail proves.

create type verification_purpose as enum ('verify', 'reset', 'change_email');

-- A link that was or will be sent to an address, and works once. Redeeming it deletes the row.
create table verifications (
    id         uuid primary key,
    user_id    uuid not null references users (id) on delete cascade,
    purpose    verification_purpose not null,
    -- The address that whoever has the code has shown to be theirs.
    email      varchar(255) not null,
    -- SHA-256 of the code in the mail. The code is made when the mail leaves: it never stands in the database, and none before then.
    code_hash  bytea unique,
    expires_at timestamptz,
    created_at timestamptz not null default now(),
    -- A new link of a kind ends the one before.
    unique (user_id, purpose),
    constraint verifications_code_shape check (octet_length(code_hash) = 32),
    constraint verifications_code_expires check ((code_hash is null) = (expires_at is null))
);

-- What the cleaning job removes.
create index verifications_expires_at_idx on verifications (expires_at);

-- What is still to be sent: written in the transaction of what it tells of, deleted once it was sent.
create table outbox (
    id              uuid primary key,
    -- Who it is about.
    user_id         uuid references users (id) on delete cascade,
    -- The link in it. A link that was ended or replaced takes its mail along.
    verification_id uuid references verifications (id) on delete cascade,
    recipient       varchar(255) not null,
    -- What it tells of; server/mail.rs has the words.
    letter          jsonb not null,
    attempts        integer not null default 0 check (attempts >= 0),
    next_try_at     timestamptz not null,
    created_at      timestamptz not null default now()
);

-- What the sending job looks for, and what the cascades have to find.
create index outbox_next_try_at_idx on outbox (next_try_at);
create index outbox_user_id_idx on outbox (user_id);
create index outbox_verification_id_idx on outbox (verification_id);
