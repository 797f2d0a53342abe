import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import kotlin.system.exitProcess
import org.openapitools.client.apis.AdminApi
import org.openapitools.client.apis.SignInApi
import org.openapitools.client.apis.SignUpApi
import org.openapitools.client.apis.UserApi
import org.openapitools.client.infrastructure.ApiClient
import org.openapitools.client.infrastructure.ClientError
import org.openapitools.client.infrastructure.ClientException
import org.openapitools.client.infrastructure.Serializer
import org.openapitools.client.models.Error
import org.openapitools.client.models.GrantType
import org.openapitools.client.models.IdTokenGrant
import org.openapitools.client.models.PasswordGrant
import org.openapitools.client.models.PkceGrant
import org.openapitools.client.models.RefreshTokenGrant
import org.openapitools.client.models.SignUpRequest

const val EMAIL = "openapi-generator-kotlin@example.com"
const val PASSWORD = "a good password"
const val VERIFIER = "a-code-verifier-of-at-least-forty-three-characters"

fun main() {
    val url = System.getenv("GOTRUE_URL")
    val signIn = SignInApi(url)

    val signedUp = SignUpApi(url).signUp(SignUpRequest(email = EMAIL, password = PASSWORD))
    check((signedUp as Map<*, *>)["access_token"] is String) { signedUp }

    val session = signIn.token(GrantType.password, PasswordGrant(PASSWORD, email = EMAIL))

    val refreshed = signIn.token(GrantType.refresh_token, RefreshTokenGrant(session.refreshToken))

    val ofProvider = signIn.token(GrantType.pkce, PkceGrant(codeFromProvider(url), VERIFIER))
    check(ofProvider.user.email == EMAIL) { ofProvider }

    ApiClient.accessToken = refreshed.accessToken
    val user = UserApi(url).getUser()
    check(user.email == EMAIL) { user }
    ApiClient.accessToken = null

    val wrong = refusal { signIn.token(GrantType.password, PasswordGrant("wrong", email = EMAIL)) }
    check(wrong.errorCode == "invalid_credentials") { wrong }
    // The server refuses the token itself, not the body.
    val forged = refusal { signIn.token(GrantType.id_token, IdTokenGrant("a.b.c", provider = "google")) }
    check(forged.errorDescription == "Bad ID token") { forged }

    ApiClient.accessToken = System.getenv("GOTRUE_SERVICE_KEY")
    val page = AdminApi(url).adminListUsers()
    check(page.users.orEmpty().any { it.email == EMAIL }) { page }
    // The HTTP client keeps threads.
    exitProcess(0)
}

/** Returns the code at the end of the redirects of a provider. */
fun codeFromProvider(url: String): String {
    val client = HttpClient.newHttpClient()
    val challenge = "code_challenge=$VERIFIER&code_challenge_method=plain"
    var next = URI("$url/authorize?provider=github&login_hint=$EMAIL&$challenge")
    repeat(2) {
        val response = client.send(HttpRequest.newBuilder(next).build(), HttpResponse.BodyHandlers.discarding())
        next = URI(response.headers().firstValue("location").get())
    }
    return checkNotNull(Regex("[?&]code=([^&]+)").find(next.toString())) { next }.groupValues[1]
}

fun refusal(call: () -> Unit): Error {
    val refused = runCatching(call).exceptionOrNull() as ClientException
    val body = (refused.response as ClientError<*>).body as String
    return checkNotNull(Serializer.moshi.adapter(Error::class.java).fromJson(body))
}
