CREATE TABLE t1 (id int);
CREATE TABLE users (id int);
CREATE TABLE t2 (id int);
