ALTER TABLE users ADD COLUMN name varchar(255) NULL;
CREATE INDEX users_name ON users (name);
