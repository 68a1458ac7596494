-- Reads a value; takes it from its owner if ARGV[1] is 'take', counts as a use if it is 'use'.
-- KEYS: value, values of the owner, their sizes, owners
-- ARGV: 'take', 'use' or 'find', lifetime (ms), one run (0 or 1)
local value = redis.call('GET', KEYS[1])
if ARGV[1] == 'take' then
  if not redis.call('ZSCORE', KEYS[2], KEYS[1]) then return false end
  redis.call('DEL', KEYS[1])
  redis.call('ZREM', KEYS[2], KEYS[1])
  redis.call('HDEL', KEYS[3], KEYS[1])
  if redis.call('ZCARD', KEYS[2]) == 0 then redis.call('ZREM', KEYS[4], KEYS[2]) end
end
if not value then return false end
if ARGV[3] == '1' then
  local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
  if string.sub(value, 1, #run) ~= run then return false end
  value = string.sub(value, #run + 1)
end
if ARGV[1] == 'use' and redis.call('ZSCORE', KEYS[2], KEYS[1]) then
  local t = redis.call('TIME')
  local now = t[1] * 1000000 + t[2]
  redis.call('ZADD', KEYS[2], now, KEYS[1])
  redis.call('ZADD', KEYS[4], now + ARGV[2] * 1000, KEYS[2])
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[2]) end
end
return value
