import API
import CRM
import Foundation
import Logging
import Store
import Synchronization
import Testing

@Suite struct JSONLogHandlerTests {
    @Test func writesOneObjectALine() throws {
        let lines = Mutex<[[UInt8]]>([])
        let clock = WallClock { Timestamp(milliseconds: 0) }
        var logger = Logger(label: "api") { label in
            JSONLogHandler(label: label, clock: clock) { line in lines.withLock { $0.append(line) } }
        }
        logger[metadataKey: "request_id"] = "req_1"
        logger.info(
            "two\nlines \"quoted\"",
            metadata: ["status": .stringConvertible(200), "level": "x", "list": ["a", ["k": "v"]]])
        logger.debug("below the level")
        let written = lines.withLock { $0 }
        #expect(
            written.map { String(decoding: $0, as: UTF8.self) } == [
                #"{"time":"1970-01-01T00:00:00.000Z","level":"info","logger":"api","message":"two\nlines \"quoted\"","#
                    + #""level_":"x","list":["a",{"k":"v"}],"request_id":"req_1","status":200}"# + "\n"
            ])
    }
}
