-- The values of an owner with their keys, the one that was used the longest time ago first.
-- KEYS: values of the owner
local found = {}
for _, key in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local value = redis.call('GET', key)
  if value then
    found[#found + 1] = key
    found[#found + 1] = value
  end
end
return found
