package app

import io.leadscore.Context
import io.leadscore.LeadscoreException
import io.leadscore.Pipeline
import io.leadscore.Prediction
import java.time.Instant
import org.springframework.boot.autoconfigure.SpringBootApplication
import org.springframework.boot.runApplication
import org.springframework.context.annotation.Bean
import org.springframework.http.HttpStatus
import org.springframework.web.bind.annotation.ExceptionHandler
import org.springframework.web.bind.annotation.PostMapping
import org.springframework.web.bind.annotation.RequestBody
import org.springframework.web.bind.annotation.ResponseStatus
import org.springframework.web.bind.annotation.RestController

/** A service as a user would write it: a bean, a controller, and Jackson as Spring Boot sets it up. */
@SpringBootApplication
class Application {
    @Bean
    fun pipeline(): Pipeline = Pipeline.builtin("conversion")
}

@RestController
class Scores(private val pipeline: Pipeline) {
    private val context = Context(Instant.parse("2026-11-20T12:00:00Z"))

    @PostMapping("/score")
    fun score(@RequestBody record: Map<String, Any?>): Prediction = pipeline.score(record, context)

    @ExceptionHandler(LeadscoreException::class)
    @ResponseStatus(HttpStatus.UNPROCESSABLE_ENTITY)
    fun refused(error: LeadscoreException) = mapOf("code" to error.code, "path" to error.path)
}

fun main(args: Array<String>) {
    runApplication<Application>(*args)
}
