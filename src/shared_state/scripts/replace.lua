-- Replaces a document, if it is still the one that was read.
-- KEYS: document
-- ARGV: whether one was read (0 or 1), what was read, the new one, lifetime (ms), run
local now = redis.call('GET', KEYS[1])
if (now and '1' or '0') ~= ARGV[1] or (now and now ~= ARGV[2]) then return 0 end
if string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') ~= ARGV[5] then return 0 end
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
return 1
