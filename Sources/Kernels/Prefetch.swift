import CKernels

/// Asks for the cache lines of `sizeBytes` bytes from `address` on, which starts a line and need not be valid.
@unsafe @inlinable @inline(__always)
public func prefetch(_ address: UnsafeRawPointer, sizeBytes: Int) { unsafe kernels_prefetch_lines(address, sizeBytes) }
