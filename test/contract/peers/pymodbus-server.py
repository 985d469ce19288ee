"""A Modbus server made of pymodbus, as an implementation nobody here wrote.

pymodbus-server.py tcp|rtu: listens on an ephemeral port of 127.0.0.1 (rtu: RTU frames on the same kind of socket), prints it.
Units 1 and 7; holding[i] = i + unit, input[i] = 65535 - i, coil[i] = i % 3 == 0, discrete[i] = i % 5 == 0, 1000 of each.
"""
import asyncio
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.device import ModbusDeviceIdentification
from pymodbus.server.async_io import ModbusTcpServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer

ENTRIES = 1000


def unit(number):
    return ModbusSlaveContext(
        hr=ModbusSequentialDataBlock(0, [(i + number) & 0xFFFF for i in range(ENTRIES)]),
        ir=ModbusSequentialDataBlock(0, [65535 - i for i in range(ENTRIES)]),
        co=ModbusSequentialDataBlock(0, [i % 3 == 0 for i in range(ENTRIES)]),
        di=ModbusSequentialDataBlock(0, [i % 5 == 0 for i in range(ENTRIES)]),
        zero_mode=True,
    )


async def main():
    framer = ModbusRtuFramer if sys.argv[1] == "rtu" else ModbusSocketFramer
    identity = ModbusDeviceIdentification(info_name={"VendorName": "pymodbus", "ProductCode": "PM", "MajorMinorRevision": "3"})
    context = ModbusServerContext(slaves={1: unit(1), 7: unit(7)}, single=False)
    server = ModbusTcpServer(context, framer=framer, identity=identity, address=("127.0.0.1", 0), ignore_missing_slaves=True)
    serving = asyncio.ensure_future(server.serve_forever())
    while server.server is None or not server.server.sockets:
        await asyncio.sleep(0.01)
    print(server.server.sockets[0].getsockname()[1], flush=True)
    await serving


asyncio.run(main())
