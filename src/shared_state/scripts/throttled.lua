-- Slows down a lane after a refusal, and returns the new rate as text.
-- The same rules as `Lane::throttled`. The lines up to the rate are also in turn.lua: change both.
-- KEYS: lane
-- ARGV: whole rate (requests per second), ahead (us), recovery (us), least rate
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local lane = redis.call('HMGET', KEYS[1], 'next', 'at', 'left')
local whole = tonumber(ARGV[1])
local rate = whole
if lane[2] then
  rate = math.min(lane[3] + whole * math.max(now - lane[2], 0) / ARGV[3], whole)
end
if not lane[2] or now - lane[2] >= 1000000 then
  rate = math.max(rate / 2, math.min(tonumber(ARGV[4]), whole))
  redis.call('HSET', KEYS[1], 'at', string.format('%.0f', now), 'left', tostring(rate))
end
local later = now + ARGV[2] + 1000000
local turn = math.max(tonumber(lane[1] or later), later)
redis.call('HSET', KEYS[1], 'next', string.format('%.0f', turn))
redis.call('PEXPIRE', KEYS[1], 60000 + math.ceil((turn - now) / 1000))
return tostring(rate)
