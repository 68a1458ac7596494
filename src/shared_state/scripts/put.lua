-- Keeps a value of an owner, within the bounds of its table.
-- KEYS: value, values of the owner (time of use), their sizes, owners (end of their time)
-- ARGV: value, lifetime (ms), values, bytes, owners, one run (0 or 1)
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local life = tonumber(ARGV[2])
local known = redis.call('ZSCORE', KEYS[4], KEYS[2])
if (not known or tonumber(known) < now)
    and redis.call('ZCOUNT', KEYS[4], now, '+inf') >= tonumber(ARGV[5]) then
  return 0
end
local value = ARGV[1]
if ARGV[6] == '1' then
  value = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') .. value
end
-- The first write is one that a full store refuses: after another one, it would accept it.
redis.call('SET', KEYS[1], value, 'PX', life)
redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', now)
local function forget(key)
  redis.call('DEL', key)
  redis.call('ZREM', KEYS[2], key)
  redis.call('HDEL', KEYS[3], key)
end
for _, old in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - life * 1000)) do
  if old ~= KEYS[1] then forget(old) end
end
redis.call('ZADD', KEYS[2], now, KEYS[1])
redis.call('HSET', KEYS[3], KEYS[1], #ARGV[1])
local bytes = 0
for _, size in ipairs(redis.call('HVALS', KEYS[3])) do bytes = bytes + size end
while redis.call('ZCARD', KEYS[2]) > tonumber(ARGV[3]) or bytes > tonumber(ARGV[4]) do
  local first = redis.call('ZRANGE', KEYS[2], 0, 0)[1]
  if not first then break end
  bytes = bytes - (redis.call('HGET', KEYS[3], first) or 0)
  forget(first)
end
redis.call('PEXPIRE', KEYS[2], life)
redis.call('PEXPIRE', KEYS[3], life)
redis.call('ZADD', KEYS[4], now + life * 1000, KEYS[2])
redis.call('PEXPIRE', KEYS[4], life)
return 1
