/** Of every rule that code is held against: why it is one, and what would be right, for whoever reads a finding without knowing the house. */
import type { RuleId } from "./standards.ts";

export type Reason = { readonly why: string; readonly right: string };

/** Rules that no repository can turn off. */
type OtherRule = "breaking-change" | "migration-missing" | "old-migration-changed" | "destructive-migration";

const reasons: Readonly<Record<RuleId | OtherRule, Reason>> = {
  "breaking-change": {
    why: "whoever calls this API today was promised something else, and finds out in production",
    right: "keep what was there and add to it, or put the new form under a new version and say when the old one ends",
  },
  "migration-missing": {
    why: "the code would meet a database that does not have these columns",
    right: "a migration in the same pull request, with a way up and a way down",
  },
  "old-migration-changed": {
    why: "a database that has run it will not run it again, so that no two databases look the same any more",
    right: "leave it as it was, and put the change into a new migration behind it",
  },
  "destructive-migration": {
    why: "what it drops is gone for good the moment it is deployed",
    right: "stop using the column or table first, drop it in a later release, and have a backup",
  },
  "unversioned-path": {
    why: "without a version in the path, the API can't change without breaking whoever uses it",
    right: 'include the router below a version: `app.include_router(router, prefix="/api/v1")`',
  },
  "verb-in-path": {
    why: "clients guess paths by nouns; with verbs in them each action becomes a convention of its own",
    right: "name the resource, and let the method say what happens to it: `POST /users` for `/create-user`",
  },
  "created-without-201": {
    why: "200 tells clients and caches that nothing new came to be",
    right: "`status_code=status.HTTP_201_CREATED` on the route",
  },
  "untyped-response": {
    why: "OpenAPI then promises nothing, and whatever the handler returns goes out, secret fields included",
    right: "`response_model=…`, or a return type that is a schema",
  },
  "undocumented-endpoint": {
    why: "the OpenAPI document is what clients read; this operation has no words there",
    right: "a docstring on the handler, or `summary=…` on the route",
  },
  "untyped-body": {
    why: "nothing checks what comes in, and OpenAPI can't say what may",
    right: "a Pydantic schema as the parameter's type",
  },
  "old-openapi": {
    why: "tools read JSON Schema from OpenAPI 3.1; older documents say nullable and examples in another way",
    right: "leave `openapi_version` to a current FastAPI, which writes 3.1",
  },
  "pydantic-v1": {
    why: "the v1 forms are deprecated, warn at import, and go away with Pydantic 3",
    right: "`model_config = ConfigDict(…)`, `@field_validator`, `model_validate`, `model_dump`",
  },
  "unconstrained-field": {
    why: "a client can send megabytes into a field that the database cuts or refuses",
    right: "`Field(min_length=…, max_length=…)` on what clients send",
  },
  "unbounded-password": {
    why: "short ones are guessed, and hashing a very long one keeps a worker busy for as long as an attacker likes",
    right: "`Field(min_length=8, max_length=128)`, or 72 bytes at most with bcrypt",
  },
  "plain-email": {
    why: "whatever is typed gets stored, and mail to it comes back much later",
    right: "`EmailStr` as the type",
  },
  "legacy-column": {
    why: "type checkers see nothing in columns of this style, and new SQLAlchemy documents the other one alone",
    right: "`name: Mapped[str] = mapped_column(…)`",
  },
  "sync-database": {
    why: "while it waits for the database no other request of this worker is answered",
    right: "`create_async_engine`, `async_sessionmaker` and an `AsyncSession`",
  },
  "legacy-query": {
    why: "`session.query` does not exist on an asynchronous session",
    right: "`await session.execute(select(…))`",
  },
  "unindexed-foreign-key": {
    why: "PostgreSQL makes no index for it: each join and each delete of the other row reads the whole table",
    right: "`mapped_column(ForeignKey(…), index=True)`, and a migration that makes the index",
  },
  "sql-by-string": {
    why: "text that is put together is how a value becomes a command (SQL injection)",
    right: "`select(…)`, or `text(…)` with bound parameters",
  },
  "access-token-lifetime": {
    why: "a stolen access token is good until it ends: nothing takes it back",
    right: "15 minutes, with a refresh token behind it",
  },
  "refresh-token-lifetime": {
    why: "whoever has a refresh token has the account until it ends",
    right: "7 days, rotated at each use",
  },
  "unverified-jwt": {
    why: "anybody can write a token that is not checked, for any account",
    right: "`jwt.decode(token, key, algorithms=[…])`, with the signature, the end and the audience checked",
  },
  "weak-bcrypt-cost": {
    why: "each round less makes a stolen table of passwords twice as cheap to guess",
    right: "12 rounds or more, or Argon2id",
  },
  "bcrypt-truncation": {
    why: "bcrypt looks at 72 bytes: what comes behind is ignored or an error",
    right: "refuse longer passwords, or use Argon2id",
  },
  "fast-password-hash": {
    why: "a graphics card tries billions of these in a second",
    right: "Argon2id, or bcrypt with cost 12",
  },
  "other-password-hash": {
    why: "its cost can't be judged from here, and two ways of hashing have to be kept right",
    right: "Argon2id, or bcrypt with cost 12",
  },
  "secret-in-code": {
    why: "it is in the history of every clone from now on, and in every image that is built",
    right: "a setting without a default; and a new secret, for this one is known",
  },
  "cors-any-origin": {
    why: "any page on the web may then read answers in the name of whoever is signed in",
    right: "the origins of your own front ends, from the settings",
  },
  "unlimited-auth-route": {
    why: "passwords and codes can be tried as fast as the server answers",
    right: '`@limiter.limit("5/minute")` on the route',
  },
  "limiter-in-memory": {
    why: "each worker counts by itself, so that the limit grows with the number of workers and restarts reset it",
    right: "`Limiter(storage_uri=…)` with the Redis that all share",
  },
  "limiter-default": {
    why: "routes that nobody thought of have no limit, or another one than the house's",
    right: '`default_limits=["100/minute"]`',
  },
  "no-problem-details": {
    why: "clients have to read each error in a form of its own",
    right: "a handler that answers `application/problem+json` with type, title, status and detail (RFC 9457)",
  },
  "no-request-log": {
    why: "when something fails nobody can tell which request it was",
    right: "a middleware that writes method, path, status and duration",
  },
  "cache-without-ttl": {
    why: "what is cached for ever is wrong for ever after one missed update",
    right: "a time to live: `ex=…`",
  },
  "cache-without-invalidation": {
    why: "readers keep seeing what was changed until the time to live is over",
    right: "delete the key in the same service call that writes",
  },
  "database-in-route": {
    why: "rules that live in a route can be neither reused nor tested without HTTP",
    right: "a service that takes the session; the route calls it and maps the answer",
  },
  "session-not-injected": {
    why: "tests can't hand in another session, and its end depends on every path through the handler",
    right: "`db: AsyncSession = Depends(get_db)`",
  },
  "upward-import": {
    why: "an inner layer that knows an outer one can't be used or tested without it, and the imports become a circle",
    right: "hand in what is needed as an argument, or move it inwards",
  },
  "blocking-call": {
    why: "while it waits no other request of this worker is answered",
    right: "an asynchronous client, or `run_in_threadpool`",
  },
  "naive-utcnow": {
    why: "a time without a zone can't be compared with one that has it, and Python 3.12 deprecates it",
    right: "`datetime.now(UTC)`",
  },
  "forbidden-import": {
    why: "this is another team's part of the system",
    right: "ask that team for it, behind an interface of theirs",
  },
  "foreign-migration": {
    why: "migrations are the database engineers' part of the system",
    right: "hand it over to them",
  },
};

/** Undefined for what is no rule of code. */
export const reasonOf = (rule: string): Reason | undefined =>
  Object.hasOwn(reasons, rule) ? reasons[rule as keyof typeof reasons] : undefined;
