-- Times are milliseconds since 1970, objects are JSON texts. {serial} is a column that numbers itself.
CREATE TABLE leads (
    number {serial},
    id TEXT NOT NULL UNIQUE,
    tenant TEXT NOT NULL,
    email TEXT,
    phone TEXT,
    external_id TEXT,
    attributes TEXT NOT NULL,
    first_contact_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    last_activity_at BIGINT,
    outcome TEXT,
    outcome_at BIGINT,
    heat_class TEXT,
    heat_confidence DOUBLE PRECISION,
    recommendation TEXT
);
CREATE UNIQUE INDEX leads_by_email ON leads (tenant, email);
CREATE UNIQUE INDEX leads_by_external_id ON leads (tenant, external_id);
CREATE INDEX leads_by_phone ON leads (tenant, phone);
CREATE INDEX leads_by_heat ON leads (tenant, heat_class);

CREATE TABLE activities (
    number {serial},
    lead BIGINT NOT NULL REFERENCES leads (number) ON DELETE CASCADE,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    at BIGINT NOT NULL,
    properties TEXT
);
CREATE UNIQUE INDEX activities_by_id ON activities (lead, id);

CREATE TABLE messages (
    number {serial},
    lead BIGINT NOT NULL REFERENCES leads (number) ON DELETE CASCADE,
    id TEXT NOT NULL,
    source TEXT NOT NULL,
    role TEXT NOT NULL,
    content TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE UNIQUE INDEX messages_by_id ON messages (lead, id);

-- Every time that the heat model scored a lead for a request.
CREATE TABLE heat_scores (
    number {serial},
    tenant TEXT NOT NULL,
    lead BIGINT NOT NULL REFERENCES leads (number) ON DELETE CASCADE,
    class TEXT NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX heat_scores_by_lead ON heat_scores (lead, at);
CREATE INDEX heat_scores_by_tenant ON heat_scores (tenant);

CREATE TABLE predictions (
    number {serial},
    tenant TEXT NOT NULL,
    lead BIGINT NOT NULL REFERENCES leads (number) ON DELETE CASCADE,
    configuration BIGINT NOT NULL,
    kind TEXT NOT NULL,
    author TEXT NOT NULL,
    pipeline TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    was_accurate BIGINT,
    validated_at BIGINT
);
CREATE INDEX predictions_by_lead ON predictions (lead, kind, created_at);
CREATE INDEX predictions_by_configuration ON predictions (tenant, configuration, created_at);

CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    plan TEXT NOT NULL,
    scopes TEXT NOT NULL,
    families TEXT,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE TABLE configurations (
    tenant TEXT NOT NULL,
    number BIGINT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, number)
);
