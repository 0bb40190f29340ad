-- AWS Knowledge Center: privileges of users on tables
SELECT t.schemaname, t.tablename, u.usename, has_table_privilege(u.usename, t.schemaname || '.' || t.tablename, 'select') AS user_has_select FROM pg_user u CROSS JOIN pg_tables t WHERE u.usename IN ('ann', 'bob') AND t.schemaname = 'sales' ORDER BY 1, 2, 3;
