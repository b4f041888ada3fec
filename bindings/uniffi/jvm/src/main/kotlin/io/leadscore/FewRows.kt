package io.leadscore

import com.sun.jna.Native

/**
 * A native call for a few rows, in which plain numbers cross, in arrays. The generated calls cost several times what one
 * row does. What it refuses is left to them, which say why.
 */
internal object FewRows {
    init {
        val name = System.getProperty("uniffi.component.leadscore_uniffi.libraryOverride") ?: "leadscore_uniffi"
        Native.register(FewRows::class.java, name)
    }

    @JvmStatic
    @Suppress("FunctionName", "LongParameterList")
    private external fun leadscore_rows(
        key: Long,
        operation: Int,
        values: DoubleArray,
        count: Int,
        columns: Int,
        out: DoubleArray,
        room: Int,
    ): Int

    /**
     * The results of [operation] on all rows of a small matrix, [each] of them for every row; null where the generated call
     * is to do it. The numbers of the operations are those of `OPERATIONS` in `rows.rs`.
     */
    fun of(key: Long, operation: Int, matrix: Matrix, each: Int): DoubleArray? {
        val values = matrix.values
        if (matrix.rows !in 1..MOST_ROWS || values.size > MOST_VALUES || each == 0) return null
        checkInterrupt()
        val out = DoubleArray(matrix.rows * each)
        val done = leadscore_rows(key, operation, values, values.size, matrix.columns, out, out.size)
        return if (done == 1) out else null
    }

    /** A pipeline's columns; those of forests come in pairs, with all rounds and with the best. */
    const val SCORE = 6
    const val MARGIN = 0
    const val PREDICT = 2
    const val SHAP = 4

    /** So few that no interrupt and no second thread is missed. */
    private const val MOST_ROWS = 16
    private const val MOST_VALUES = 4096
}
