"""A Modbus client made of pymodbus: pymodbus-client.py PORT [read TABLE AT COUNT | write TABLE AT VALUE... | identify]."""
import sys

from pymodbus.client import ModbusTcpClient
from pymodbus.mei_message import ReadDeviceInformationRequest

port, what, words = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
client = ModbusTcpClient("127.0.0.1", port=port)
client.connect()
if what == "identify":
    answer = client.execute(ReadDeviceInformationRequest(slave=1, unit=1))
    print("error" if answer.isError() else " ".join(text.decode() for text in answer.information.values()))
elif what == "read":
    table, at, count = words[0], int(words[1]), int(words[2])
    read = {
        "holding": client.read_holding_registers,
        "input": client.read_input_registers,
        "coil": client.read_coils,
        "discrete": client.read_discrete_inputs,
    }[table]
    answer = read(at, count, slave=1)
    if answer.isError():
        print("error", getattr(answer, "exception_code", answer))
    elif table in ("holding", "input"):
        print(*answer.registers)
    else:
        print(*[int(bit) for bit in answer.bits[:count]])
else:
    table, at, values = words[0], int(words[1]), [int(word) for word in words[2:]]
    if table == "coil":
        answer = client.write_coils(at, [bool(value) for value in values], slave=1)
    else:
        answer = client.write_registers(at, values, slave=1)
    print("error " + str(getattr(answer, "exception_code", answer)) if answer.isError() else "ok")
client.close()
