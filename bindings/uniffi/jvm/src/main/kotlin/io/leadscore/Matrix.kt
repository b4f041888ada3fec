package io.leadscore

import java.io.Serializable
import java.nio.ByteBuffer

/**
 * Numbers row after row, NaN where missing.
 *
 * The array is used as it is, not copied: leave it alone afterwards.
 */
class Matrix(
    /** All values, row after row. */
    val values: DoubleArray,
    /** How many there are in a row. */
    val columns: Int,
) : Serializable {
    /** How many rows there are. */
    val rows: Int

    init {
        if (columns <= 0 || values.size % columns != 0) {
            throw refused("${values.size} values do not fill whole rows of $columns columns")
        }
        rows = values.size / columns
    }

    /** One value. */
    operator fun get(row: Int, column: Int): Double {
        if (column !in 0 until columns) throw IndexOutOfBoundsException("column $column of $columns")
        return values[row * columns + column]
    }

    /** The values of one row. */
    fun row(row: Int): DoubleArray = values.copyOfRange(row * columns, (row + 1) * columns)

    /** Equal to the last bit, NaN included. */
    override fun equals(other: Any?): Boolean =
        other is Matrix && columns == other.columns && values.contentEquals(other.values)

    override fun hashCode(): Int = 31 * values.contentHashCode() + columns

    override fun toString(): String = "Matrix($rows × $columns)"

    /** The rows in pieces that are small enough to cross; at least one piece. */
    internal fun pieces(): Sequence<IntRange> {
        val size = maxOf(1, PIECE / columns)
        return (0 until maxOf(rows, 1) step size).asSequence().map { it until minOf(rows, it + size) }
    }

    /** The rows of a piece as they cross. */
    internal fun bytes(piece: IntRange): ByteBuffer = bytesOf(values, piece.first * columns, (piece.last + 1) * columns)

    /** Work on every piece, the results one after another. */
    internal fun eachPiece(threads: Int, work: (ByteBuffer, UInt, UInt) -> ByteArray): DoubleArray {
        val count = threadsOf(threads)
        val parts = pieces().map { piece ->
            checkInterrupt()
            enter { work(bytes(piece), columns.toUInt(), count) }
        }
        return joined(parts.map(::doublesOf).toList())
    }

    companion object {
        /** The most values of a piece, 16 MiB of them. */
        private const val PIECE = 1 shl 21

        /** A matrix of rows, all of one length. */
        @JvmStatic
        fun of(rows: Array<DoubleArray>): Matrix {
            val columns =
                rows.firstOrNull()?.size
                    ?: throw refused("no rows; name the number of columns: Matrix(doubleArrayOf(), columns)")
            val at = rows.indexOfFirst { it.size != columns }
            if (at >= 0) {
                val message = "${rows[at].size} values where the first row has $columns"
                throw LeadscoreException("invalid_matrix", "rows[$at]", message)
            }
            val values = DoubleArray(rows.size * columns)
            rows.forEachIndexed { row, own -> own.copyInto(values, row * columns) }
            return Matrix(values, columns)
        }

        /** A matrix of 32-bit numbers, widened. */
        @JvmStatic
        fun of(values: FloatArray, columns: Int): Matrix =
            Matrix(DoubleArray(values.size) { values[it].toDouble() }, columns)

        internal fun joined(parts: List<DoubleArray>): DoubleArray {
            if (parts.size == 1) return parts[0]
            val all = DoubleArray(parts.sumOf { it.size })
            var at = 0
            for (part in parts) {
                part.copyInto(all, at)
                at += part.size
            }
            return all
        }

        private fun refused(message: String) = LeadscoreException("invalid_matrix", "", message)
    }
}

/** The scores of a matrix as columns. */
class MatrixScores internal constructor(
    /** 0–100. */
    val scores: DoubleArray,
    /** 0–1, NaN where there is none. */
    val probabilities: DoubleArray,
    /** Indexes into [tierNames], −1 where there is no tier. */
    val tiers: IntArray,
    /** The probability of every class, row after row; empty where there are no classes. */
    val classes: DoubleArray,
    /** The pipeline's tiers. */
    val tierNames: List<String>,
) : Serializable {
    /** The tier of a row, if it has one. */
    fun tier(row: Int): String? = tierNames.getOrNull(tiers[row])
}
