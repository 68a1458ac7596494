-- Reserves the next turn in a lane, and returns how long to wait for it, in microseconds.
-- The same rules as `Lane::turn`. The lines up to the rate are also in throttled.lua: change both.
-- KEYS: lane
-- ARGV: whole rate (requests per second), ahead (us), recovery (us)
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local lane = redis.call('HMGET', KEYS[1], 'next', 'at', 'left')
local whole = tonumber(ARGV[1])
local rate = whole
if lane[2] then
  rate = math.min(lane[3] + whole * math.max(now - lane[2], 0) / ARGV[3], whole)
end
local turn = math.max(tonumber(lane[1] or now), now)
redis.call('HSET', KEYS[1], 'next', string.format('%.0f', turn + 1000000 / rate))
redis.call('PEXPIRE', KEYS[1], 60000 + math.ceil((turn - now) / 1000))
return math.max(math.floor(turn - now - ARGV[2]), 0)
