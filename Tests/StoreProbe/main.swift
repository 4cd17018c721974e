import Foundation

switch CommandLine.arguments.dropFirst().first {
case "lock": holdLock()
case "jobs": await runJobs(enqueuing: true)
case "drain": await runJobs(enqueuing: false)
default: stop("usage: StoreProbe lock FOLDER | jobs FILE | drain FILE")
}
