-- Posts that all differ, so that none is taken for the repetition of another, from addresses in no order, as people's
-- are: an index meets each somewhere else. Arguments: json|urlencoded, a tag.
dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "summary.lua")

local kind, tag
local sent = 0

function init(arguments)
  kind, tag = arguments[1], arguments[2]
end

local bodies = {
  json = '{"name":"Ada %s","email":"ada.%s@example.com","message":"Hello,\\nplease call me about your services. Number %s."}',
  urlencoded = "name=Ada+%s&email=ada.%s%%40example.com&message=Hello%%2C%%0D%%0Aplease+call+me+about+your+services.+Number+%s.",
}
local types = { json = "application/json", urlencoded = "application/x-www-form-urlencoded" }

function request()
  sent = sent + 1
  -- Knuth's multiplicative hash of the number.
  local who = string.format("%08x-%s-%d", sent * 2654435761 % 2 ^ 32, tag, sent)
  return wrk.format("POST", nil, { ["content-type"] = types[kind] }, string.format(bodies[kind], who, who, who))
end
