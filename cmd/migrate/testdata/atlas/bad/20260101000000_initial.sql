-- Create "users" table
CREATE TABLE users (id varchar(64) NOT NULL, PRIMARY KEY (id));
