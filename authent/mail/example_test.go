package mail_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing/fstest"
	"time"

	"github.com/authent/authent/authent"
	"github.com/authent/authent/authent/mail"
)

// resetMail is a mail as the engine makes it.
func resetMail() authent.Mail {
	return authent.Mail{
		Kind: authent.MailReset, To: "ada@example.com", AppName: "Shop", Home: "http://localhost:3000",
		URL:  "http://localhost:3000/auth/reset-password?user=7&token=abc",
		Code: "BCDF-GHJK", Expires: time.Now().Add(10 * time.Minute),
	}
}

// The password is in no text that the Mailer makes.
func ExampleSMTP() {
	mailer, err := mail.SMTP(mail.SMTPConfig{
		URL:  "smtp://shop:p%40ssword@smtp.example.com", // if "", EMAIL_SERVER
		From: "Shop <no-reply@shop.example.com>",        // if "", EMAIL_FROM
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(mailer)

	_, err = mail.SMTP(mail.SMTPConfig{URL: "smtp://shop:secret@smtp.example.com?secure=true", From: "no-reply@shop.example.com"})
	fmt.Println(err)
	// Output:
	// mail.SMTP(smtp.example.com:587)
	// authent/mail: SMTP: URL (EMAIL_SERVER) has options, which are not taken: secure (leave it out: smtps:// is TLS from the first byte, smtp:// is STARTTLS)
}

// In development a link is read where the program runs.
func ExampleDev() {
	mailer := mail.Dev(mail.DevConfig{Out: os.Stdout}) // if nil, os.Stderr
	if err := mailer.Send(context.Background(), resetMail()); err != nil {
		fmt.Println(err)
	}
	fmt.Println(mailer.Mails()[0].Subject)
	// Output:
	// mail: reset to ada@example.com: http://localhost:3000/auth/reset-password?user=7&token=abc or code BCDF-GHJK
	// Set a new password for Shop
}

// A Mailer of an application's own takes its words from Render.
func ExampleRender() {
	words, err := mail.Render(nil, resetMail())
	if err != nil {
		fmt.Println(err)
		return
	}
	text, signature, _ := strings.Cut(words.Text, "-- \n")
	fmt.Println(words.Subject)
	fmt.Println()
	fmt.Print(text)
	fmt.Print(signature)
	// Output:
	// Set a new password for Shop
	//
	// Open this link to choose a new password for your account at Shop:
	//
	// http://localhost:3000/auth/reset-password?user=7&token=abc
	//
	// Or type this code on the page where you asked for this mail:
	//
	//     BCDF-GHJK
	//
	// Link and code work once, within 10 minutes.
	//
	// If you did not ask for this, you can ignore this mail: your password stays as it is. Do not pass the mail on.
	//
	// Shop
	// http://localhost:3000
}

// An application replaces the templates that it likes; here it is a map in place of an
// embed.FS.
func ExampleNewTemplates() {
	templates, err := mail.NewTemplates(fstest.MapFS{
		"reset.txt": {Data: []byte(`{{define "subject"}}Your way back in{{end}}{{define "body"}}Choose a new password, within {{.Within}}:

{{.URL}}
{{end}}`)},
		"layout.txt": {Data: []byte(`{{define "action"}}{{.URL}}{{end}}{{template "body" .}}
The people of {{.AppName}}`)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	words, err := mail.Render(templates, resetMail())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(words.Subject)
	fmt.Print(words.Text)

	_, err = mail.NewTemplates(fstest.MapFS{"password-reset.txt": {}})
	fmt.Println(err != nil)
	// Output:
	// Your way back in
	// Choose a new password, within 10 minutes:
	//
	// http://localhost:3000/auth/reset-password?user=7&token=abc
	//
	// The people of Shop
	// true
}
