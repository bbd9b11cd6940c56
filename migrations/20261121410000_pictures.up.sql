-- The picture of a person: as Docket has drawn it anew, never as it was sent.
create table pictures (
    user_id      uuid primary key references users (id) on delete cascade,
    bytes        bytea not null,
    content_type text not null,
    -- SHA-256 of the bytes: its address. Two people may have the same picture.
    hash         text not null,
    updated_at   timestamptz not null default now(),
    -- 256 × 256 points of 4 bytes each, and what stands around them.
    constraint pictures_size check (octet_length(bytes) between 1 and 270000),
    constraint pictures_kind check (content_type in ('image/jpeg', 'image/webp')),
    constraint pictures_hash_shape check (hash ~ '^[0-9a-f]{64}$')
);

create trigger pictures_updated_at before update on pictures
    for each row execute function set_updated_at();

-- What an address leads to.
create index pictures_hash_idx on pictures (hash);
