-- The same two rows a message for every peer. No foreign key: ours has none there either.
create table submissions (
  id bigint generated always as identity primary key,
  form text not null,
  name text not null,
  email text not null,
  message text not null,
  client text,
  user_agent text,
  created_at timestamptz not null default now()
);
create index on submissions (email);
create table jobs (
  id bigint generated always as identity primary key,
  kind text not null,
  submission_id bigint not null,
  state text not null default 'waiting',
  start_after timestamptz not null default now()
);
create index on jobs (kind, start_after) where state = 'waiting';
