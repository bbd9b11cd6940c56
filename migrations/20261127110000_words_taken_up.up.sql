-- The index of words takes new ones up in a list, which whoever fills it has to merge. At 4 MB, as it comes, that made one task in 5,000
-- wait for 50 ms; at 256 kB the longest wait is 6 ms, and a task costs the same on average. A search reads less beside the index, too.
alter index tasks_search_idx set (gin_pending_list_limit = 256);
