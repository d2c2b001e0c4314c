-- What HAProxy's health checks of databases want to hear (its configuration manual, section 4.2), and nothing else of them.

local function says(bytes)
  return function(applet)
    applet:send(bytes)
  end
end

-- A packet is its length in three bytes, its number, and what is in it (MySQL's protocol, "Packets").
local function packet(number, payload)
  return string.pack("<I3B", #payload, number) .. payload
end

local handshake = "\10" .. "8.0.0-ha-demo\0" .. string.pack("<I4", 1) .. "12345678\0" .. string.pack("<I2BI2I2B", 0x8200, 33, 2, 8, 21)
  .. string.rep("\0", 10) .. "123456789012\0" .. "mysql_native_password\0"
local ok = "\0\0\0" .. string.pack("<I2I2", 2, 0)

core.register_service("mysql", "tcp", says(packet(0, handshake) .. packet(2, ok)))
-- AuthenticationOk (PostgreSQL's protocol, "Message Formats").
core.register_service("postgresql", "tcp", says("R" .. string.pack(">I4I4", 8, 0)))
core.register_service("redis", "tcp", says("+PONG\r\n"))
