-- Run once, as the database server is begun.
CREATE ROLE stepwell LOGIN;
CREATE ROLE temporal LOGIN;
CREATE DATABASE stepwell OWNER stepwell;
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
REVOKE CONNECT ON DATABASE stepwell, temporal, temporal_visibility, postgres FROM PUBLIC;
