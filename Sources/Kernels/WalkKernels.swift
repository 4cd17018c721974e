import CKernels

/// The bookkeeping of a walk over a graph; see `kernels_walk.h` for ranks and pools.
@safe
public struct WalkKernels: Sendable {
    private let table: kernels_walk_table

    /// The kernels of `level`; scalar where the CPU lacks it.
    public init(level: SIMDLevel = .current) {
        table = kernels_walk_at((level.isAvailable ? level : .scalar).cLevel)
    }

    /// Appends the slots of a block that are not marked with `epoch` to `batch`, from place `count` on, and marks them.
    ///
    /// The block ends at `limit` or at the first `UInt32.max`; every slot in it has a mark; `batch` has room for `limit`
    /// slots after `count`.
    /// - Returns: the new count.
    @unsafe
    public func uncheckedGather(
        block: UnsafePointer<UInt32>, limit: Int, marks: UnsafeMutablePointer<UInt8>, epoch: UInt8,
        batch: UnsafeMutablePointer<UInt32>, count: Int
    ) -> Int {
        unsafe table.gather(block, limit, marks, epoch, batch, count)
    }

    /// Inserts scored slots into the pool as far as they are among its best. Asks for the links of those that come to stand
    /// within `depth` places of the cursor.
    ///
    /// The links of a slot are `linkBytes` bytes at links + slot·linkBytes.
    @unsafe
    public func uncheckedMerge(
        _ pool: inout RankPool, slots: UnsafePointer<UInt32>, scores: UnsafePointer<Float>, count: Int,
        links: UnsafeRawPointer, linkBytes: Int, depth: Int
    ) {
        unsafe table.merge(&pool.raw, slots, scores, count, links, linkBytes, depth)
    }
}

/// The best nodes that a walk has met, nearest first, in memory of the owner's.
@unsafe
public struct RankPool {
    var raw: kernels_pool

    /// Ranks beyond its width that a pool's memory must hold.
    public static var spareRanks: Int { Int(KERNELS_POOL_CHUNK) }

    /// An empty pool over memory for `width` + `spareRanks` ranks.
    ///
    /// - Parameters:
    ///   - near: as soon as the pool holds more ranks than this,
    ///   - reach: what is farther than the rank at place `near` by so much does not enter.
    public init(ranks: UnsafeMutablePointer<UInt64>, width: Int, near: Int = 0, reach: Float = .infinity) {
        unsafe raw = kernels_pool(ranks: ranks, count: 0, width: width, cursor: 0, near: near, reach: reach)
    }

    public var count: Int {
        @inline(__always) get { unsafe raw.count }
        set { unsafe raw.count = newValue }
    }

    /// The place from which on the owner looks for nodes to go on from.
    public var cursor: Int {
        @inline(__always) get { unsafe raw.cursor }
        set { unsafe raw.cursor = newValue }
    }
}
